SELECT '[' || coalesce(group_concat(t0.j, ','), '') || ']' AS body, count(*) AS rows, (SELECT count(*) FROM artist AS t1) AS total FROM (SELECT '{"name":' || json_quote(t3.name) || '}' AS j FROM (SELECT t2.name AS name FROM artist AS t2 ORDER BY t2.name ASC NULLS LAST LIMIT ? OFFSET ?) AS t3) AS t0
-- slots: 1, 2
