/** Seconds after which an idle connection to an NGINX is renewed; a stopping HAProxy waits for it. */
const HELD = 1;
/** Seconds within which a refusal arrives; a slower server is lost or busy, which the checks decide. */
const QUICK = 0.25;
/** Minimum milliseconds between two connections to one NGINX, and between two checks of one that is out already. */
const PAUSE = 20;
const OUT = 100;

/**
 * A Lua script: takes an NGINX out the moment its process is gone, even without any requests.
 *
 * It holds an idle connection to each NGINX in use. The kernel closes it when the process ends, and refuses the next one
 * while nobody listens: both at once mean a dead process, detected within milliseconds. A hung NGINX keeps its connection, a
 * lost or busy one does not refuse, a reloading one accepts the next connection; the checks alone judge those, and bring a
 * dead one back. A refusal only counts while another NGINX accepts a connection, so that a HAProxy without free descriptors
 * takes nobody out (docs/decisions/0045).
 */
export const killedScript = `-- Narwhal: an NGINX whose process is gone is out at once.
local function clock()
  local now = core.now()
  return now.sec + now.usec / 1000000
end

local function isUp(server) return server:get_stats().status:find("^UP") ~= nil end

-- A line, or nil and whether it was refused.
local function draw(server)
  local line, began = core.tcp(), clock()
  local host, port = server:get_addr():match("^(.*):(%d+)$")
  line:settimeout(${HELD})
  if line:connect(host, tonumber(port)) then return line, false end
  line:close()
  return nil, clock() - began < ${QUICK}
end

local function anotherListens(name)
  for other, server in pairs(core.backends.web.servers) do
    local line = other ~= name and isUp(server) and draw(server)
    if line then
      line:close()
      return true
    end
  end
  return false
end

local function holdLine(name)
  local web, any = core.backends.web.servers[name], core.backends.any.servers[name]
  while core.get_info().Stopping ~= 1 do
    if isUp(web) then
      local line, refused = draw(web)
      if line then
        line:receive(1)
        line:close()
      elseif refused and anotherListens(name) and isUp(web) then
        web:check_force_down()
        any:check_force_down()
      end
      core.msleep(${PAUSE})
    else
      core.msleep(${OUT})
    end
  end
end

core.register_init(function()
  for name in pairs(core.backends.web.servers) do
    core.register_task(function() holdLine(name) end)
  end
end)
`;
