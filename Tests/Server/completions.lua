-- wrk: sends the requests in `bodies` in turn and checks that each answer has one of the texts in `texts`.
local next_body, threads = 0, {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  checked, wrong, failed = 0, 0, 0
  known = {}
  for _, text in ipairs(texts) do known[text] = true end
  for i, body in ipairs(bodies) do
    bodies[i] = wrk.format("POST", "/v1/completions", {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  next_body = next_body % #bodies + 1
  return bodies[next_body]
end

-- Returns the field "text" with its JSON string as it is written.
local function text_of(body)
  local first, last = body:find('"text": ?"')
  if not first then return nil end
  local position = last + 1
  while true do
    local at = body:find('["\\]', position)
    if not at then return nil end
    if body:sub(at, at) == '"' then return body:sub(first, at) end
    position = at + 2
  end
end

function response(status, headers, body)
  checked = checked + 1
  if status ~= 200 then
    failed = failed + 1
  elseif not known[text_of(body)] then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local totals = {0, 0, 0}
  for _, thread in ipairs(threads) do
    totals[1] = totals[1] + thread:get("checked")
    totals[2] = totals[2] + thread:get("wrong")
    totals[3] = totals[3] + thread:get("failed")
  end
  io.write(string.format("checked %d wrong %d failed %d\n", totals[1], totals[2], totals[3]))
end
