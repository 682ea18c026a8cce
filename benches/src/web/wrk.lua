-- What http-versus gives wrk with `-s`: so many requests at once (the argument behind `--`), and
-- the figures as one line of JSON at the end. The requests are made once, not for each round.

function init(args)
   local all = string.rep(wrk.format(), tonumber(args[1]))
   wrk.format = function() return all end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "micros": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}\n',
      summary.requests, summary.duration, errors.connect, errors.read, errors.write,
      errors.timeout, errors.status))
end
