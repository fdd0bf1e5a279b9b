/**
 * Scripts of the revocation epochs (`revocation-epochs.ts`).
 *
 * The epoch of a grant is a hash: `era`, its epoch; `until`, when its tombstone expires; and for each kind that was destroyed under the
 * grant, a further epoch by the name of the kind. The epoch of an account is a hash with `era` alone.
 */
export const EPOCH_SCRIPTS = {
  /**
   * KEYS epoch of the grant; ARGV now, lifetime (ms), new epoch, kinds.
   * @returns the epoch in which an artifact of each kind is issued under the grant; false while the grant is revoked
   */
  joinGrant: `
    local found = redis.call('HMGET', KEYS[1], 'era', 'until', unpack(ARGV, 4))
    local epoch, ends = found[1], found[2]
    if ends and tonumber(ends) > tonumber(ARGV[1]) then return false end
    if not epoch then
      epoch = ARGV[3]
      redis.call('HSET', KEYS[1], 'era', epoch)
    end
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    local epochs = {}
    for index = 3, #found do epochs[index - 2] = epoch .. (found[index] or '') end
    return epochs`,

  /**
   * KEYS epoch of the account, its grants, its sessions or consents; ARGV now, lifetime (ms), new epoch, expires at, digest of the grant
   * or '', digest of the id of the session or consent or ''. @returns the epoch of the account
   */
  joinAccount: `
    local epoch = redis.call('HGET', KEYS[1], 'era')
    if not epoch then
      epoch = ARGV[3]
      redis.call('HSET', KEYS[1], 'era', epoch)
    end
    for index = 2, 3 do
      local member = ARGV[index + 3]
      if member ~= '' then
        redis.call('ZADD', KEYS[index], 'GT', ARGV[4], member)
        redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[1])
      end
    end
    for _, key in ipairs(KEYS) do
      if redis.call('PTTL', key) < tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
    end
    return epoch`,

  /** KEYS epoch of the grant; ARGV when the tombstone expires, lifetime (ms), new epoch. */
  revokeGrant: `
    local ends = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
    redis.call('HSET', KEYS[1], 'era', ARGV[3], 'until', math.max(ends, tonumber(ARGV[1])))
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end`,

  /** KEYS epoch of the grant; ARGV kind, new epoch of that kind. */
  destroyKind: `
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end`,

  /** KEYS epoch of the account, its grants; ARGV now, new epoch. @returns the digests of the grants */
  revokeAccount: `
    if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
    redis.call('HSET', KEYS[1], 'era', ARGV[2])
    return redis.call('ZRANGE', KEYS[2], '(' .. ARGV[1], '+inf', 'BYSCORE')`,

  /** KEYS grants of the account; ARGV digests of those that were revoked. */
  forgetGrants: `return redis.call('ZREM', KEYS[1], unpack(ARGV))`,
} as const;
