import type { Pkcs11Uri, TokenAttribute } from '../../../config/pkcs11-uri.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';

/** The token or its keys are not as the configuration says. A new session would not change that. */
export class TokenProblem extends Error {
  override readonly name = 'TokenProblem';
}

/**
 * Finds the token that a PKCS#11 URI means (RFC 7512 §2.3).
 * @returns its slot
 * @throws TokenProblem when no token matches, or several do
 */
export function findToken(cryptoki: Cryptoki, wanted: Pkcs11Uri['token']): Handle {
  const tokens = cryptoki.C_GetSlotList(true).map((slot) => ({ slot, values: attributesOf(cryptoki, slot) }));
  const matching = tokens.filter(({ values }) =>
    (Object.keys(wanted) as TokenAttribute[]).every((name) => values[name] === wanted[name]),
  );
  const [found, ...others] = matching;
  if (found === undefined) {
    const labels = tokens.map(({ values }) => JSON.stringify(values.token)).join(', ');
    throw new TokenProblem(`no token matches hsm.uri; the library has ${labels === '' ? 'none' : labels}`);
  }
  if (others.length > 0) throw new TokenProblem('several tokens match hsm.uri; name one by its serial');
  return found.slot;
}

function attributesOf(cryptoki: Cryptoki, slot: Handle): Record<TokenAttribute, string> {
  const info = cryptoki.C_GetTokenInfo(slot);
  return {
    token: info.label.trim(),
    serial: info.serialNumber.trim(),
    manufacturer: info.manufacturerID.trim(),
    model: info.model.trim(),
    'slot-id': String(slotNumber(slot)),
  };
}

/** pkcs11js represents an unsigned long by its bytes. */
function slotNumber(slot: Handle): number | bigint {
  return slot.length === 8 ? slot.readBigUInt64LE() : slot.readUInt32LE();
}
