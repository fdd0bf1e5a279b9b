import assert from 'node:assert/strict';
import { newTraceId, timeOfTraceId } from '../../src/observability/trace-id.ts';

describe('A trace id', () => {
  it('is a UUID that begins with its time (RFC 9562 §5.7)', () => {
    const before = Date.now();
    const id = newTraceId();
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = timeOfTraceId(id) ?? 0;
    assert.ok(time >= before && time <= Date.now(), id);
  });

  it('is unique, also within a millisecond', () => {
    assert.equal(new Set(Array.from({ length: 1000 }, newTraceId)).size, 1000);
  });

  it('has no time in another UUID or text', () => {
    assert.equal(timeOfTraceId('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'), 0x017f22e279b0);
    for (const text of ['', '9161694c-36e0-4510-8699-42a637942e94', '017f22e2-79b0-7cc3-98c4-dc0c0c07398'])
      assert.equal(timeOfTraceId(text), undefined, text);
  });
});
