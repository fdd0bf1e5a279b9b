import { ARTIFACT_SCRIPTS } from './artifacts/artifact-scripts.ts';
import { JOB_SCRIPTS } from './job-scripts.ts';
import { EPOCH_SCRIPTS } from './revocation/epoch-scripts.ts';

/** Scripts of accounts, clients, counters, signing keys and audit events. */
const RECORD_SCRIPTS = {
  // Accounts: one record each; a sorted set that is the index by username and keeps usernames unique; one of email addresses; one for
  // searches.

  /**
   * KEYS record, usernames, email addresses, searches, jobs; ARGV the current record ('' for none), the new record ('' for none), then for
   * usernames and for email addresses the current and the new member of the sorted set ('' for none) and the range of members with the
   * new value ('' where other accounts may have the same email address), then the number of texts of jobs and of members of searches
   * to remove, the id and record of each job, these members, and those to add.
   * @returns 'done'; 'stale' when the current record is another one; 'taken' for the username; or the member of another account with
   *   the email address
   */
  changeAccount: `
    local before, after, old, new, from, to, oldEmail, newEmail, fromEmail, toEmail =
      unpack(ARGV, 1, 10)
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
    local jobs = 12 + tonumber(ARGV[11])
    local removed = jobs + tonumber(ARGV[12])
    for index = 13, jobs, 2 do redis.call('HSET', KEYS[5], ARGV[index], ARGV[index + 1]) end
    for index = jobs + 1, removed do redis.call('ZREM', KEYS[4], ARGV[index]) end
    for index = removed + 1, #ARGV do redis.call('ZADD', KEYS[4], 0, ARGV[index]) end
    return 'done'`,

  /**
   * KEYS usernames, searches, record; ARGV member, its username, the account that was read for it and its record ('' for none).
   * @returns 0 when the username or the record has changed
   */
  removeIndexMember: `
    local member, username, id, record = unpack(ARGV)
    local from, to = '[' .. username .. '\\0', '(' .. username .. '\\1'
    local current = redis.call('ZRANGE', KEYS[1], from, to, 'BYLEX', 'LIMIT', 0, 1)[1]
    if (current or '') ~= (id ~= '' and username .. '\\0' .. id or '') then return 0 end
    if (redis.call('GET', KEYS[3]) or '') ~= record then return 0 end
    return redis.call('ZREM', KEYS[2], member)`,

  /** KEYS state of the index of searches; ARGV current state ('' for none), new state. @returns 0 when the current state is another one */
  replaceIndexState: `
    if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    return 1`,

  /** KEYS record, email addresses; ARGV the record as it was read, its member of the sorted set. @returns 0 when it has changed */
  indexEmail: `
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('ZADD', KEYS[2], 0, ARGV[2])
    return 1`,

  // Clients: one record each; a sorted set of all ids; one sorted set of ids for each source.

  /** KEYS record, all ids, ids of its source; ARGV id, record. @returns 0 when the id is taken */
  createClient: `
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('ZADD', KEYS[2], 0, ARGV[1])
    redis.call('ZADD', KEYS[3], 0, ARGV[1])
    return 1`,

  /**
   * KEYS record, all ids, ids of its source, ids of the other sources; ARGV id, new record, current record.
   * @returns 0 when the current record is another one
   */
  replaceClient: `
    if redis.call('GET', KEYS[1]) ~= ARGV[3] then return 0 end
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('ZADD', KEYS[3], 0, ARGV[1])
    for index = 4, #KEYS do redis.call('ZREM', KEYS[index], ARGV[1]) end
    return 1`,

  /** KEYS record and all sets of ids; ARGV id. @returns 0 when there was none */
  removeClient: `
    for index = 2, #KEYS do redis.call('ZREM', KEYS[index], ARGV[1]) end
    return redis.call('DEL', KEYS[1])`,

  // Counters: `<count> <ends at>`.

  /** KEYS counter; ARGV now, lifetime (s), whether the lifetime starts again (1), margin (ms). @returns count, ends at */
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

  /** KEYS hash; ARGV kid, record. */
  putSigningKey: `return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`,

  /** KEYS hash; ARGV kid, new record, current record. @returns 0 when the current record is another one */
  replaceSigningKey: `
    if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[3] then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
    return 1`,

  /** KEYS hash; ARGV kid. @returns 0 when there was none */
  removeSigningKey: `return redis.call('HDEL', KEYS[1], ARGV[1])`,

  // Audit events: a hash by number, and sorted sets of numbers by time, one for each filter of a query.

  /** KEYS last number, events, sets; ARGV for each event its time, the event, and the indexes of its sets in KEYS: `3 4`. */
  appendAudit: `
    for index = 1, #ARGV, 3 do
      local number = string.format('%016d', redis.call('INCR', KEYS[1]))
      redis.call('HSET', KEYS[2], number, ARGV[index + 1])
      for set in string.gmatch(ARGV[index + 2], '%d+') do
        redis.call('ZADD', KEYS[tonumber(set)], ARGV[index], number)
      end
    end`,

  /**
   * KEYS events; ARGV how many numbers, the numbers, then groups of texts, each its size and its texts.
   * @returns the events that contain a text of every group
   */
  findAudit: `
    local events, first = {}, tonumber(ARGV[1]) + 2
    for _, event in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, 2, first - 1))) do
      local matches, group = event ~= false, first
      while matches and group <= #ARGV do
        local size = tonumber(ARGV[group])
        matches = false
        for needle = group + 1, group + size do
          if string.find(event, ARGV[needle], 1, true) then matches = true break end
        end
        group = group + size + 1
      end
      if matches then events[#events + 1] = event end
    end
    return events`,
} as const;

/**
 * Every Lua script, by the name of its command. Redis runs one script at a time and as a whole, so each is a transaction.
 *
 * All keys of one call have the same hash tag. In a script that creates a record, the first write is one that Redis rejects when its
 * memory is full (later ones it accepts), so a script writes everything or nothing. Times are epoch seconds, lifetimes milliseconds
 * unless the script says otherwise.
 */
export const SCRIPTS = { ...ARTIFACT_SCRIPTS, ...EPOCH_SCRIPTS, ...JOB_SCRIPTS, ...RECORD_SCRIPTS } as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Scripts whose reply is a Buffer, because it can be a record, which is not text. */
export const BINARY_REPLIES: ReadonlySet<ScriptName> = new Set(['writeArtifact']);

export type ScriptArgument = string | number | Buffer;
