/**
 * Scripts of artifacts (`artifacts.ts`): a record, and in the same slot the mark of its consumption, `<at> <expires at>`, and the answer of
 * the request that consumed it.
 */
export const ARTIFACT_SCRIPTS = {
  /**
   * KEYS record, mark; ARGV record, lifetime (ms), now, expires at, and optionally the version that must be replaced, as `versionArgument`
   * writes it, or '-' for any, and 1 to return the record that was replaced. A mark lives as long as its artifact, so a longer-lived
   * artifact extends it.
   * @returns 0 when the artifact has another version; else 1 or, if asked for, the record that was replaced ('' for none)
   */
  writeArtifact: `
    local now, version = tonumber(ARGV[3]), ARGV[5] or '-'
    local before
    if version ~= '-' or ARGV[6] then before = redis.call('GET', KEYS[1]) or '' end
    local mark = redis.call('GET', KEYS[2])
    local at, expires = string.match(mark or '', '^(%d+) (%d+)$')
    if at and tonumber(expires) <= now then at = nil end
    if version ~= '-' then
      local stored = ''
      if before ~= '' then
        local start = string.find(before, string.char(10), 1, true)
        stored = string.sub(before, start + 1, start + 12) .. (at or '')
      end
      if stored ~= version then return 0 end
    end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    if at then
      if tonumber(expires) < tonumber(ARGV[4]) then redis.call('SET', KEYS[2], at .. ' ' .. ARGV[4], 'KEEPTTL') end
      if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
    end
    return ARGV[6] and before or 1`,

  /**
   * KEYS record; ARGV the record that a unit has written, the one that it replaced ('' for none), lifetime (ms) of that one. Takes the
   * write of a unit back, unless the artifact was written again.
   */
  takeBackArtifact: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1`,

  /** As `writeArtifact`, unless there is a record that has not expired. @returns 1 when the record was written, else 0 */
  createArtifact: `
    local record = redis.call('GET', KEYS[1])
    if record and tonumber(string.match(record, '"expiresAt":(%d+)')) > tonumber(ARGV[3]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1`,

  /**
   * KEYS record, mark, answer; ARGV header of the record that the caller has checked, now, expires at, and optionally the answer and its
   * lifetime (ms).
   * @returns 'first' for the one caller that consumes it; else 'absent', 'changed' (check again) or 'consumed'
   */
  consume: `
    local record = redis.call('GET', KEYS[1])
    if not record then return 'absent' end
    if string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then return 'changed' end
    local mark = redis.call('GET', KEYS[2])
    if mark and tonumber(string.match(mark, ' (%d+)$')) > tonumber(ARGV[2]) then return 'consumed' end
    redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', math.max(redis.call('PTTL', KEYS[1]), 1))
    if ARGV[4] then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5]) end
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
