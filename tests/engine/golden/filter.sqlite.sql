SELECT '[' || coalesce(group_concat(t0.j, ','), '') || ']' AS body, count(*) AS rows, NULL AS total FROM (SELECT '{"id":' || coalesce(t1.id, 'null') || '}' AS j FROM album AS t1 WHERE (EXISTS (SELECT 1 FROM artist AS t2 WHERE t2.id = t1.artist_id AND (t2.name GLOB ?)) AND (NOT (t1.id IN (SELECT value FROM json_each(?)))) AND (t1.title IS NULL))) AS t0
-- slots: 1, 2
