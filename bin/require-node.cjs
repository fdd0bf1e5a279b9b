// Runs before any TypeScript, on any version of Node: keep it plain, old JavaScript.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `Signet needs Node 24.15 or newer and this is ${process.version}: run \`npm ci\` without --omit=optional, ` +
      'which brings the right one where there is a build for the platform, or install it from https://nodejs.org.\n',
  );
  process.exit(1);
}
