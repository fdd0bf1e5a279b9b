/** A page of the account, with a query that has no addresses in it. */
const ACCOUNT_PAGE = /^\/account(?:\/[a-z-]+)*(?:\?[\w=&%.~+-]*)?$/;

/**
 * The page of the account to which a person returns.
 * @param requested of the request; what is no such page leads to the first one
 */
export function returnPage(requested: unknown): string {
  return typeof requested === 'string' && ACCOUNT_PAGE.test(requested) ? requested : '/account';
}
