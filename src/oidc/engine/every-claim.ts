/** Member of the claims that the engine selects from: all claims of the account. The engine copies it, and selects by text alone. */
export const EVERY_CLAIM = Symbol('every claim');
