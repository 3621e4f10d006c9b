/** Milliseconds that a connection to an NGINX may take to be made. */
export const CONNECT = 500;
/** Milliseconds after which nobody is still connecting to a server that is down: half again as long. */
const SETTLED = CONNECT * 1.5;
const EVERY = 100;

/**
 * A Lua script: ends what waits at a server that is down, so that it is sent to another.
 *
 * HAProxy has that as `on-marked-down shutdown-sessions`, which does it a moment too early. A request whose connection is still
 * being made when its server is marked down is not sent to another then, but its client's connection is closed without an answer
 * (2.6: the closed response reaches the client before a connection that is not there yet can be retried). Up to ten
 * requests of a lost host ended so, and a read failed when its client's second try met the same on the other HAProxy. So
 * connections are first given the time to fail by themselves (docs/decisions/0044). And an NGINX that answers its check, if only
 * that it reaches no api, finishes what it is at.
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
