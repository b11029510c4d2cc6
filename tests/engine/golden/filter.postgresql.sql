SELECT '[' || coalesce(string_agg(t0.j, ','), '') || ']' AS body, count(*) AS rows, NULL AS total FROM (SELECT '{"id":' || coalesce(t1.id::text, 'null') || '}' AS j FROM album AS t1 WHERE (EXISTS (SELECT 1 FROM artist AS t2 WHERE t2.id = t1.artist_id AND (t2.name LIKE CAST($1::VARCHAR AS text))) AND (NOT (t1.id = ANY (CAST($2::TEXT[] AS integer[])))) AND (t1.title IS NULL))) AS t0
-- slots: 1, 2
