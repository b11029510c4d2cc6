SELECT '[' || coalesce(group_concat(t0.j, ','), '') || ']' AS body, count(*) AS rows, NULL AS total FROM (SELECT '{"id":' || coalesce(t1.id, 'null') || ',"n":' || (SELECT '{"aggregate":{"count":' || coalesce(count(*), 'null') || '}}' FROM invoice AS t2 WHERE t2.customer_id = t1.id) || '}' AS j FROM customer AS t1) AS t0
-- slots: 
