/**
 * Schemes that no redirect URI may have, because no app owns them: a browser or an operating system interprets them, or any website or
 * extension may handle them. A response would run code, open a system tool, or reach a stranger.
 */

/** Names without the colon, in lower case. */
const DENIED: ReadonlySet<string> = new Set(
  [
    // Content that a browser executes or shows as a page.
    'javascript ecmascript livescript mocha vbscript vbs jscript data blob filesystem about',
    'view-source jar cid mid mhtml wyciwyg feed pcast urn tag null',
    // Pages and extensions of browsers, and the schemes that open an address in a certain browser.
    'chrome chromium googlechrome googlechromes devtools resource edge brave opera vivaldi firefox',
    'safari ie.http internetshortcut isolated-app arc duckduckgo touch-http touch-https',
    // Protocols of the network, and shares that an operating system mounts.
    'ws wss ftp ftps sftp tftp fish gopher gemini finger dict whois wais ssh telnet tn3270 rlogin',
    'rsh vnc rdp ldap ldaps ldapi dns tcp udp unix file smb cifs nfs afp afs dav davs webdav webdavs',
    'disk disks mtp afc gphoto2 admin trash recent computer network burn archive cdda rsync git svn',
    'imap imaps pop pop3 smtp smtps rtsp rtsps rtmp rtmps mms mmst mmsh',
    // What a website (HTML, `registerProtocolHandler`) or an extension of Firefox may handle.
    'bitcoin ethereum payto dat did doi dweb geo hyper im ipfs ipns irc ircs magnet mailto matrix',
    'news snews nntp openpgp4fpr sip sips sms smsto ssb tel cabal webcal webcals wtai xmpp',
    // Telephones, messages, maps.
    'callto facetime facetime-audio facetime-prompt imessage mmsto voicemail maps map',
    // Android.
    'intent content package market appmarket',
    // macOS and iOS: settings, installation, scripts.
    'itms itmss itms-apps itms-appss itms-services itms-books itms-bookss macappstore macappstores',
    'app-settings app-prefs prefs shortcuts workflow applescript automator help x-man-page',
    'x-help-action x-help-script x-terminal x-radar diagnostics spotlight',
    // Windows: the shell, search, help, installation.
    'shell search search-ms hcp res its mk mapi stssync windowsdefender bingmaps onenote onenote-cmd',
    'outlookfeed outlookfeeds jnlp jnlps clickonce application.manifest application.reference',
    'vnd.ms.radio microsoft.windows.camera microsoft.windows.photos.crop',
    // Linux desktops.
    'apt aptdaemon appstream snap flatpak flatpak+https man info ghelp settings',
  ].flatMap((names) => names.split(' ')),
);

/** Families that a vendor or a standard reserves. */
const DENIED_PREFIXES = [
  'chrome-',
  'chromium-',
  'googlechrome-',
  'moz-',
  'edge-',
  'brave-',
  'opera-',
  'safari-',
  'x-safari-',
  'webkit-',
  'firefox-',
  'android-',
  'x-apple',
  'com-apple-',
  'com.apple.',
  'ms-',
  'microsoft-',
  'microsoft.',
  'windows.',
  'web+',
  'ext+',
  'svn+',
  'git+',
] as const;

/** @param scheme without the colon, in lower case */
export function isDeniedScheme(scheme: string): boolean {
  return DENIED.has(scheme) || DENIED_PREFIXES.some((prefix) => scheme.startsWith(prefix));
}
