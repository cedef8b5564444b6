-- Counts every response that is not the one expected. `expected` and `exact` stand above.
local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(arguments)
   wrong = 0
end

function response(status, headers, body)
   if status ~= 200 then
      wrong = wrong + 1
   elseif exact then
      if body ~= expected then wrong = wrong + 1 end
   elseif not string.find(body, expected, 1, true) then
      wrong = wrong + 1
   end
end

function done(summary, latency, requests)
   local wrong = 0
   for _, thread in ipairs(threads) do
      wrong = wrong + thread:get("wrong")
   end
   local errors = summary.errors
   io.write(string.format(
      "askr-load requests=%d duration_us=%d p50_us=%d p99_us=%d wrong=%d connect=%d read=%d write=%d timeout=%d\n",
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      wrong, errors.connect, errors.read, errors.write, errors.timeout))
end
