/** Below the path of an interaction, so that only its browser shows the cookie of it. */
export const EMAIL_STEP = 'email';
export const EMAIL_LINK = 'email_link';
