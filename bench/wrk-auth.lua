-- wrk script: GET with one Authorization value of a file of many, in turn.  args: file
local values, i = {}, 0
function init(args)
  for line in io.lines(args[1]) do values[#values + 1] = line end
end
function request()
  i = i % #values + 1
  return wrk.format("GET", nil, { ["Authorization"] = values[i] })
end
function done(s, l, r)
  io.write(string.format('JSON {"requests":%d,"us":%d,"bytes":%d,"p50":%.3f,"p90":%.3f,"p99":%.3f,"max":%.3f,"e_status":%d,"e_connect":%d,"e_read":%d,"e_write":%d,"e_timeout":%d}\n',
    s.requests, s.duration, s.bytes, l:percentile(50) / 1000, l:percentile(90) / 1000, l:percentile(99) / 1000, l.max / 1000,
    s.errors.status, s.errors.connect, s.errors.read, s.errors.write, s.errors.timeout))
end
