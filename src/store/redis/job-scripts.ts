/**
 * Scripts of the outbox (`jobs.ts`): a hash with the records (JSON) by id, and sorted sets of ids: of waiting jobs by `dueAt` and by
 * `since`, of failed ones by `dueAt`, of all by `createdAt`; and a hash with the number of jobs by state and kind.
 *
 * KEYS of each script, in this order: records, due, since, failed, created, counts. `moveJobs` has one more: a sorted set of the ids of jobs
 * of changes of accounts, by the time when they came.
 */

/** Takes a job out of the sets of its state. */
const LEAVE = `
  local function leave(job)
    redis.call('HINCRBY', KEYS[6], job.state .. ' ' .. job.kind, -1)
    redis.call('ZREM', KEYS[2], job.id)
    redis.call('ZREM', KEYS[3], job.id)
    redis.call('ZREM', KEYS[4], job.id)
  end`;

/** Puts a job into the sets of its state. */
const JOIN = `
  local function join(job)
    redis.call('HSET', KEYS[1], job.id, cjson.encode(job))
    redis.call('HINCRBY', KEYS[6], job.state .. ' ' .. job.kind, 1)
    if job.state == 'failed' then redis.call('ZADD', KEYS[4], job.dueAt, job.id)
    else
      redis.call('ZADD', KEYS[2], job.dueAt, job.id)
      redis.call('ZADD', KEYS[3], job.since, job.id)
    end
  end`;

const REMOVE = `
  local function remove(job)
    redis.call('HDEL', KEYS[1], job.id)
    redis.call('ZREM', KEYS[5], job.id)
    leave(job)
  end`;

export const JOB_SCRIPTS = {
  /** ARGV records. @returns how many were added */
  enqueueJobs: `${JOIN}
    local added = 0
    for _, text in ipairs(ARGV) do
      local job = cjson.decode(text)
      if redis.call('HEXISTS', KEYS[1], job.id) == 0 then
        join(job)
        redis.call('ZADD', KEYS[5], job.createdAt, job.id)
        added = added + 1
      end
    end
    return added`,

  /** ARGV now, until when ids are forgotten, records. One whose id came before is left out, whatever has become of it. */
  moveJobs: `${JOIN}
    for index = 3, #ARGV do
      local job = cjson.decode(ARGV[index])
      local isNew = redis.call('ZADD', KEYS[7], 'NX', ARGV[1], job.id) == 1
      if isNew and redis.call('HEXISTS', KEYS[1], job.id) == 0 then
        join(job)
        redis.call('ZADD', KEYS[5], job.createdAt, job.id)
      end
    end
    redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', ARGV[2])
    return 1`,

  /** ARGV now, when the claims expire, claims, of which each takes one job. @returns the records */
  claimJobs: `
    local claimed = {}
    local ids = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, #ARGV - 2)
    for index, id in ipairs(ids) do
      local text = redis.call('HGET', KEYS[1], id)
      if text then
        local job = cjson.decode(text)
        job.claim, job.dueAt, job.attempts = ARGV[index + 2], tonumber(ARGV[2]), job.attempts + 1
        text = cjson.encode(job)
        redis.call('HSET', KEYS[1], id, text)
        redis.call('ZADD', KEYS[2], job.dueAt, id)
        claimed[#claimed + 1] = text
      else
        redis.call('ZREM', KEYS[2], id)
      end
    end
    return claimed`,

  /** ARGV id, claim, outcome, due at, reason. @returns 0 when the claim is not the current one */
  settleJob: `${LEAVE} ${JOIN} ${REMOVE}
    local text = redis.call('HGET', KEYS[1], ARGV[1])
    local job = text and cjson.decode(text)
    if not job or job.claim ~= ARGV[2] then return 0 end
    if ARGV[3] == 'done' then remove(job) return 1 end
    leave(job)
    job.claim, job.dueAt, job.reason = nil, tonumber(ARGV[4]), ARGV[5]
    if ARGV[3] == 'failed' then job.state = 'failed' end
    join(job)
    return 1`,

  /** ARGV id, now. */
  retryJob: `${LEAVE} ${JOIN}
    local text = redis.call('HGET', KEYS[1], ARGV[1])
    if not text then return 'absent' end
    local job, now = cjson.decode(text), tonumber(ARGV[2])
    if job.claim and job.dueAt > now then return 'claimed' end
    leave(job)
    job.claim, job.state, job.since, job.dueAt, job.attempts = nil, 'waiting', now, now, 0
    join(job)
    return 'retried'`,

  /** ARGV id, and optionally the client that it must have. @returns the record; false when there was none */
  cancelJob: `${LEAVE} ${REMOVE}
    local text = redis.call('HGET', KEYS[1], ARGV[1])
    if not text then return false end
    local job = cjson.decode(text)
    if ARGV[2] and job.clientId ~= ARGV[2] then return false end
    remove(job)
    return text`,

  /** ARGV failed before, number to keep, limit. @returns how many failed and waiting jobs were removed */
  pruneJobs: `${LEAVE} ${REMOVE}
    local function removeAll(ids)
      for _, id in ipairs(ids) do remove(cjson.decode(redis.call('HGET', KEYS[1], id))) end
      return #ids
    end
    local keep, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
    local function surplus(key)
      local count = math.min(redis.call('ZCARD', key) - keep, limit)
      return count > 0 and redis.call('ZRANGE', key, 0, count - 1) or {}
    end
    local failed = removeAll(redis.call('ZRANGE', KEYS[4], '-inf', '(' .. ARGV[1], 'BYSCORE', 'LIMIT', 0, limit))
    return { failed + removeAll(surplus(KEYS[4])), removeAll(surplus(KEYS[2])) }`,

  /** ARGV record, as a dump has it. @returns how many were added */
  loadJob: `${JOIN}
    local job = cjson.decode(ARGV[1])
    if redis.call('HEXISTS', KEYS[1], job.id) == 1 then return 0 end
    join(job)
    redis.call('ZADD', KEYS[5], job.createdAt, job.id)
    return 1`,
} as const;
