/**
 * Every Lua script, by the name of its command. Redis runs one at a time and as a whole, so each is a transaction.
 *
 * All keys of one call carry the same hash tag. In a script that creates something, the first write is one that Redis
 * refuses when its memory is full; later ones it lets pass, so nothing is half-done.
 */
export const SCRIPTS = {
  // Artifacts: a record, and beside it the mark of its consumption, `<at> <expires at>`.

  /**
   * KEYS record mark, ARGV record, lifetime (ms), now, expires at, and to replace it the record as it is ('' for none).
   * A mark lives as long as what it marks. @returns 0 when the record is not as it was to be
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

  /** As `writeArtifact`, where there is no record that has not expired. @returns 1 when it was written */
  createArtifact: `
    local record = redis.call('GET', KEYS[1])
    if record and tonumber(string.match(record, '"expiresAt":(%d+)')) > tonumber(ARGV[3]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1`,

  /** KEYS record mark, ARGV header of the record that was judged alive, now, expires at. */
  consume: `
    local record = redis.call('GET', KEYS[1])
    if not record then return 'absent' end
    if string.sub(record, 1, #ARGV[1]) ~= ARGV[1] then return 'changed' end
    local mark = redis.call('GET', KEYS[2])
    if mark and tonumber(string.match(mark, ' (%d+)$')) > tonumber(ARGV[2]) then return 'consumed' end
    redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'PX', math.max(redis.call('PTTL', KEYS[1]), 1))
    return 'first'`,

  /** KEYS replay id, ARGV now, expires at, lifetime (ms). */
  createOnce: `
    local expires = redis.call('GET', KEYS[1])
    if expires and tonumber(expires) > tonumber(ARGV[1]) then return 0 end
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1`,

  /** KEYS record. */
  destroyArtifact: `return redis.call('DEL', KEYS[1])`,

  // Eras (eras.ts): a hash with the era, the tombstone's end, and a further era for kinds that were destroyed.

  /**
   * KEYS era of the grant, ARGV now, lifetime (ms), new era, kind.
   * The era in which something is issued under a grant; false when the grant is revoked.
   */
  enterGrant: `
    local era, ends, ofKind = unpack(redis.call('HMGET', KEYS[1], 'era', 'until', ARGV[4]))
    if ends and tonumber(ends) > tonumber(ARGV[1]) then return false end
    if not era then
      era = ARGV[3]
      redis.call('HSET', KEYS[1], 'era', era)
    end
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    return era .. (ofKind or '')`,

  /**
   * KEYS era of the account, its grants, its sessions; ARGV now, lifetime (ms), new era, expires at, digest of the grant or '', digest of
   * the session's id or ''.
   */
  enterAccount: `
    local era = redis.call('HGET', KEYS[1], 'era')
    if not era then
      era = ARGV[3]
      redis.call('HSET', KEYS[1], 'era', era)
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
    return era`,

  /** KEYS era of the grant, ARGV tombstone's end, lifetime (ms), new era. */
  revokeGrant: `
    local ends = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
    redis.call('HSET', KEYS[1], 'era', ARGV[3], 'until', math.max(ends, tonumber(ARGV[1])))
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end`,

  /** KEYS era of the grant, ARGV kind, new era of it. */
  destroyKind: `
    if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end`,

  /** KEYS era of the account, its grants; ARGV now, new era. @returns the digests of the grants */
  revokeAccount: `
    if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
    redis.call('HSET', KEYS[1], 'era', ARGV[2])
    return redis.call('ZRANGE', KEYS[2], '(' .. ARGV[1], '+inf', 'BYSCORE')`,

  /** KEYS grants of the account, ARGV digests of those that were revoked. */
  forgetGrants: `return redis.call('ZREM', KEYS[1], unpack(ARGV))`,

  // Accounts: a record each, a sorted set that is both the index by username and what makes usernames unique, and one of email addresses.

  /**
   * KEYS record, usernames, email addresses; ARGV the record as it is ('' for none), as it shall be ('' for none), and for usernames and
   * for email addresses the member of the sorted set as it is and as it shall be ('' for none), and the range of members with the new
   * value ('' for an email address that others may have).
   */
  changeAccount: `
    local before, after, old, new, from, to, oldEmail, newEmail, fromEmail, toEmail = unpack(ARGV)
    if (redis.call('GET', KEYS[1]) or '') ~= before then return 'stale' end
    if new ~= '' and new ~= old and #redis.call('ZRANGE', KEYS[2], from, to, 'BYLEX', 'LIMIT', 0, 1) > 0 then
      return 'taken'
    end
    if newEmail ~= oldEmail and fromEmail ~= '' then
      local others = redis.call('ZRANGE', KEYS[3], fromEmail, toEmail, 'BYLEX', 'LIMIT', 0, 1)
      if #others > 0 then return others[1] end
    end
    if after == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], after) end
    if newEmail ~= oldEmail then
      if newEmail ~= '' then redis.call('ZADD', KEYS[3], 0, newEmail) end
      if oldEmail ~= '' then redis.call('ZREM', KEYS[3], oldEmail) end
    end
    if new ~= old then
      if new ~= '' then redis.call('ZADD', KEYS[2], 0, new) end
      if old ~= '' then redis.call('ZREM', KEYS[2], old) end
    end
    return 'done'`,

  /** KEYS record, email addresses; ARGV the record as it was read, its member of the sorted set. @returns 0 when it has changed */
  indexEmail: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('ZADD', KEYS[2], 0, ARGV[2])
    return 1`,

  // Clients: a record each, a sorted set of all ids, and one of the ids of each source.

  /** KEYS record, all ids, ids of its source, ids of the other; ARGV id, record, the record as it is. @returns 0 when it is not */
  replaceClient: `
    if redis.call('GET', KEYS[1]) ~= ARGV[3] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('ZADD', KEYS[3], 0, ARGV[1])
    redis.call('ZREM', KEYS[4], ARGV[1])
    return 1`,

  /** KEYS and ARGV as there, without the record as it is. @returns 0 when the id is taken */
  createClient: `
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('ZADD', KEYS[2], 0, ARGV[1])
    redis.call('ZADD', KEYS[3], 0, ARGV[1])
    return 1`,

  /** KEYS record and all sets of ids, ARGV id. */
  removeClient: `
    for index = 2, #KEYS do redis.call('ZREM', KEYS[index], ARGV[1]) end
    return redis.call('DEL', KEYS[1])`,

  // Counters: `<count> <ends at>`.

  /** KEYS counter, ARGV now, lifetime (s), whether the lifetime begins anew (1), margin (ms). @returns count, ends at */
  addToCounter: `
    local now = tonumber(ARGV[1])
    local count, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
    count, ends = tonumber(count or 0), tonumber(ends or 0)
    local over = ends <= now
    if over then count = 0 end
    if over or ARGV[3] == '1' then ends = now + tonumber(ARGV[2]) end
    count = count + 1
    redis.call('SET', KEYS[1], count .. ' ' .. ends, 'PX', (ends - now) * 1000 + tonumber(ARGV[4]))
    return { count, ends }`,

  // Signing keys: one hash.

  /** KEYS hash, ARGV kid, record. */
  putSigningKey: `return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`,

  /** KEYS and ARGV as there, and the record as it is. @returns 0 when it is not */
  replaceSigningKey: `
    if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[3] then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    return 1`,

  /** KEYS hash, ARGV kid. */
  removeSigningKey: `return redis.call('HDEL', KEYS[1], ARGV[1])`,

  // Audit events: a hash by number, and sorted sets of numbers by time, for each thing a query may ask for.

  /** KEYS last number, events, sets; ARGV for each event its time, the event, and where its sets are in KEYS: `3 4`. */
  appendAudit: `
    for index = 1, #ARGV, 3 do
      local number = string.format('%016d', redis.call('INCR', KEYS[1]))
      redis.call('HSET', KEYS[2], number, ARGV[index + 1])
      for set in string.gmatch(ARGV[index + 2], '%d+') do
        redis.call('ZADD', KEYS[tonumber(set)], ARGV[index], number)
      end
    end`,
} as const;

export type ScriptName = keyof typeof SCRIPTS;

export type ScriptArgument = string | number | Buffer;
