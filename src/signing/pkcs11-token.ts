import type { Pkcs11Uri, TokenAttribute } from '../config/pkcs11-uri.ts';
import type { Cryptoki, Handle } from './pkcs11-binding.ts';

/** Which of a library's tokens a PKCS#11 URI means (RFC 7512 §2.3). */

/** Something about the token or its keys is not as the configuration says; a new session changes nothing about it. */
export class HsmProblem extends Error {
  override readonly name = 'HsmProblem';
}

/**
 * @returns the slot of the one token that fits
 * @throws HsmProblem when none does, or several do
 */
export function findToken(cryptoki: Cryptoki, wanted: Pkcs11Uri['token']): Handle {
  const tokens = cryptoki.C_GetSlotList(true).map((slot) => ({ slot, facts: factsOf(cryptoki, slot) }));
  const fitting = tokens.filter(({ facts }) =>
    (Object.keys(wanted) as TokenAttribute[]).every((name) => facts[name] === wanted[name]),
  );
  const [found, ...others] = fitting;
  if (found === undefined) {
    const labels = tokens.map(({ facts }) => JSON.stringify(facts.token)).join(', ');
    throw new HsmProblem(`no token fits hsm.uri; the library has ${labels === '' ? 'none' : labels}`);
  }
  if (others.length > 0) throw new HsmProblem('several tokens fit hsm.uri; name one by its serial');
  return found.slot;
}

function factsOf(cryptoki: Cryptoki, slot: Handle): Record<TokenAttribute, string> {
  const info = cryptoki.C_GetTokenInfo(slot);
  return {
    token: info.label.trim(),
    serial: info.serialNumber.trim(),
    manufacturer: info.manufacturerID.trim(),
    model: info.model.trim(),
    'slot-id': String(slotNumber(slot)),
  };
}

/** pkcs11js gives an unsigned long as its bytes. */
function slotNumber(slot: Handle): number | bigint {
  return slot.length === 8 ? slot.readBigUInt64LE() : slot.readUInt32LE();
}
