SELECT '[' || coalesce(string_agg(t0.j, ','), '') || ']' AS body, count(*) AS rows, (SELECT count(*) FROM artist AS t1) AS total FROM (SELECT '{"name":' || coalesce(to_json(t3.name)::text, 'null') || '}' AS j FROM (SELECT t2.name AS name FROM artist AS t2 ORDER BY t2.name ASC NULLS LAST LIMIT CAST($1::VARCHAR AS bigint) OFFSET CAST($2::VARCHAR AS bigint)) AS t3) AS t0
-- slots: 1, 2
