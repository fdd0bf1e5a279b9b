/**
 * Scripts of artifacts (`artifacts.ts`): a record, and in the same slot the mark of its consumption, `<at> <expires at>`.
 */
export const ARTIFACT_SCRIPTS = {
  /**
   * KEYS record, mark; ARGV record, lifetime (ms), now, expires at, and optionally the record that must be replaced ('' for none).
   * A mark lives as long as its artifact, so a longer-lived artifact extends it. @returns 0 when the current record is another one
   */
  writeArtifact: `
    if ARGV[5] and (redis.call('GET', KEYS[1]) or '') ~= ARGV[5] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    local mark = redis.call('GET', KEYS[2])
    if not mark then return end
    local at, expires = string.match(mark, '^(%d+) (%d+)$')
    if tonumber(expires) <= tonumber(ARGV[3]) then return end
    if tonumber(expires) < tonumber(ARGV[4]) then redis.call('SET', KEYS[2], at .. ' ' .. ARGV[4], 'KEEPTTL') end
    if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`,

  /** As `writeArtifact`, unless there is a record that has not expired. @returns 1 when the record was written, else 0 */
  createArtifact: `
    local record = redis.call('GET', KEYS[1])
    if record and tonumber(string.match(record, '"expiresAt":(%d+)')) > tonumber(ARGV[3]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1`,

  /**
   * KEYS record, mark; ARGV header of the record that the caller has checked, now, expires at.
   * @returns 'first' for the one caller that consumes it; else 'absent', 'changed' (check again) or 'consumed'
   */
  consume: `
    local record = redis.call('GET', KEYS[1])
    if not record then return 'absent' end
    if string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then return 'changed' end
    local mark = redis.call('GET', KEYS[2])
    if mark and tonumber(string.match(mark, ' (%d+)$')) > tonumber(ARGV[2]) then return 'consumed' end
    redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', math.max(redis.call('PTTL', KEYS[1]), 1))
    return 'first'`,

  /** KEYS replay id; ARGV now, expires at, lifetime (ms). @returns 1 for the first caller, else 0 */
  createOnce: `
    local expires = redis.call('GET', KEYS[1])
    if expires and tonumber(expires) > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1`,

  /** KEYS record, mark; ARGV now. Marks an artifact as consumed and destroys it. @returns 0 when there was none */
  endArtifact: `
    local record = redis.call('GET', KEYS[1])
    if not record then return 0 end
    local expires = string.match(record, '"expiresAt":(%d+)')
    redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. expires, 'PX', math.max(redis.call('PTTL', KEYS[1]), 1))
    redis.call('DEL', KEYS[1])
    return 1`,

  /** KEYS record. */
  destroyArtifact: `return redis.call('DEL', KEYS[1])`,
} as const;
