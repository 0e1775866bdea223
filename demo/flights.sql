-- Three days of flights, as they depart. Run by scripts/demo; any part can be pasted into `millrace shell`.

-- Queries that are created below read their streams from the beginning.
SET 'auto.offset.reset' = 'earliest';

-- A stream is a topic of the log whose records have columns. Event time is the time of departure, not of arrival here.
CREATE STREAM flights (
  departed    VARCHAR,    -- 2001-01-01T00:01:00Z
  origin      VARCHAR,
  destination VARCHAR,
  distance    INT,        -- miles
  delay       INT         -- minutes; negative is early
) WITH (
  kafka_topic = 'flights', partitions = 2, value_format = 'JSON',
  timestamp = 'departed', timestamp_format = 'yyyy-MM-dd''T''HH:mm:ssX'
);

-- A continuous query whose result is again a stream: flights more than an hour late.
CREATE STREAM long_delays AS
  SELECT departed, origin, destination, delay
  FROM flights
  WHERE delay > 60;

-- A table has one row per key: here per airport and hour. A row moves for as long as flights of its hour come in.
CREATE TABLE hourly AS
  SELECT origin,
         COUNT(*)             AS departures,
         ROUND(AVG(delay), 1) AS mean_delay,
         SUM(delay)           AS total_delay,
         MAX(delay)           AS longest_delay
  FROM flights
  WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 7 DAYS)   -- for so long it can be asked for
  GROUP BY origin;

-- An alert is a table, too: airports that have at least 5 departures and a mean delay over 30 minutes in an hour. A row
-- is withdrawn when further flights bring the mean down.
CREATE TABLE alerts AS
  SELECT origin,
         COUNT(*)             AS departures,
         ROUND(AVG(delay), 1) AS mean_delay
  FROM flights
  WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 7 DAYS)
  GROUP BY origin
  HAVING COUNT(*) >= 5 AND AVG(delay) > 30;
