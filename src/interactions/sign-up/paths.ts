/** The pages of an interaction for people who get an account, by the last part of their paths. */

export const SIGN_UP_STEP = 'sign_up';
export const NEW_ACCOUNT_STEP = 'new_account';
