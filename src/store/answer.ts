import { seal, sealingKey, unseal } from './sealing.ts';
import type { ArtifactKind, Payload } from './store.ts';

/**
 * The answer that is stored with a mark of consumption. It is sealed under a key of its own, so it can never be read as the payload of an
 * artifact.
 *
 * Signet 0.1 stored the answer of a refresh as an artifact of the kind `RefreshAnswer` under the id of the token, a moment after the mark.
 * The answer of a `RefreshToken` is sealed in the same way, and both stores also find one that Signet 0.1 has stored.
 */
export const ANSWER_ARTIFACTS: Partial<Record<ArtifactKind, ArtifactKind>> = {
  RefreshToken: 'RefreshAnswer',
};

export function sealAnswer(kind: ArtifactKind, id: string, payload: Payload): Buffer {
  return seal(answerKey(kind, id), JSON.stringify(payload));
}

export function readAnswer(kind: ArtifactKind, id: string, sealed: Uint8Array): Payload {
  return JSON.parse(unseal(answerKey(kind, id), sealed));
}

function answerKey(kind: ArtifactKind, id: string) {
  return sealingKey(ANSWER_ARTIFACTS[kind] ?? `${kind} answer`, id);
}
