/** The connect time-out to an NGINX, in milliseconds. */
export const CONNECT = 500;
/** Milliseconds after which no connection to a server that is down is still pending: half again as long. */
const SETTLED = CONNECT * 1.5;
const EVERY = 100;

/**
 * A Lua script: ends the connections that wait for a server that is down, so that their requests go to another.
 *
 * HAProxy's `on-marked-down shutdown-sessions` does so a moment too early. A request that is still connecting when its server
 * is marked down is then not sent to another; its client's connection is closed without an answer (2.6: the closed response
 * reaches the client before a connection that does not exist yet can be retried). Up to ten requests of a lost host ended so,
 * and a read failed when its client's retry met the same on the other HAProxy. So connections first get the time to fail by
 * themselves (docs/decisions/0044). And an NGINX that answers its check, even if only to report that it reaches no api,
 * finishes its current requests.
 */
export const cutOffScript = `-- Narwhal: what waits at a server that is down is ended, and so sent to another.
local down = {}

local function look(name, server, now)
  local stats = server:get_stats()
  if not stats.status:find("^DOWN") or (stats.check_status or ""):find("L7STS") then
    down[name] = nil
    return
  end
  down[name] = down[name] or now
  if now - down[name] >= ${SETTLED / 1_000} then server:shut_sess() end
end

core.register_task(function()
  while true do
    local clock = core.now()
    local now = clock.sec + clock.usec / 1000000
    for _, backend in ipairs({ "web", "any" }) do
      for name, server in pairs(core.backends[backend].servers) do look(backend .. "/" .. name, server, now) end
    end
    core.msleep(${EVERY})
  end
end)
`;
