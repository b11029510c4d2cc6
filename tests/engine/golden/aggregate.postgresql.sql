SELECT '[' || coalesce(string_agg(t0.j, ','), '') || ']' AS body, count(*) AS rows, NULL AS total FROM (SELECT '{"id":' || coalesce(t1.id::text, 'null') || ',"n":' || (SELECT '{"aggregate":{"count":' || coalesce(count(*)::text, 'null') || '}}' FROM invoice AS t2 WHERE t2.customer_id = t1.id) || '}' AS j FROM customer AS t1) AS t0
-- slots: 
