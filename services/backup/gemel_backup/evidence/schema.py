"""What PostgreSQL's catalogs say of the schema, and to whom it belongs (https://www.postgresql.org/docs/current/catalogs.html).

Each query gives rows of (kind and name, definition). What an extension owns is left out, as ``pg_dump`` does.
"""

from typing import Final

SYSTEM: Final = "<> 'information_schema' AND n.nspname !~ '^pg_'"


def free(catalog: str, oid: str) -> str:
    """Condition: no extension owns the object of a catalog."""
    return (
        f"NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{catalog}'::regclass"
        f" AND d.objid = {oid} AND d.deptype = 'e')"
    )


SCHEMAS: Final = f"""
    SELECT format('schema %I', n.nspname), '' FROM pg_namespace n
    WHERE n.nspname {SYSTEM} AND {free("pg_namespace", "n.oid")}"""
# Columns by name: pg_dump writes those first that are inherited, at whatever place they were.
RELATIONS: Final = f"""
    SELECT format('%s %I.%I', CASE c.relkind
             WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence'
             WHEN 'm' THEN 'materialized view' WHEN 'c' THEN 'type' WHEN 'f' THEN 'foreign table' END,
             n.nspname, c.relname),
           concat_ws(E'\\n', c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text,
             CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, pg_get_expr(c.relpartbound, c.oid),
             CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
             (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
                        a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(x.adbin, x.adrelid),
                        (SELECT quote_ident(l.collname) FROM pg_collation l WHERE l.oid = a.attcollation)),
                      E'\\n' ORDER BY a.attname)
              FROM pg_attribute a LEFT JOIN pg_attrdef x ON (x.adrelid, x.adnum) = (a.attrelid, a.attnum)
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S'),
             (SELECT concat_ws(' ', format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
                        s.seqcache, s.seqcycle) FROM pg_sequence s WHERE s.seqrelid = c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c', 'f') AND c.relpersistence <> 't'
      AND n.nspname {SYSTEM} AND {free("pg_class", "c.oid")}"""
CONSTRAINTS: Final = f"""
    SELECT format('constraint %I of %s', o.conname, coalesce(r.name, format_type(o.contypid, NULL))),
           concat_ws(' ', o.convalidated, pg_get_constraintdef(o.oid))
    FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
    LEFT JOIN LATERAL (SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c WHERE c.oid = o.conrelid) r
      ON true
    WHERE n.nspname {SYSTEM} AND o.contype <> 't' AND {free("pg_constraint", "o.oid")}
      AND {free("pg_class", "o.conrelid")} AND {free("pg_type", "o.contypid")}"""
INDEXES: Final = f"""
    SELECT format('index %I.%I', n.nspname, c.relname), concat_ws(' ', i.indisclustered, i.indisreplident,
             pg_get_indexdef(i.indexrelid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indisvalid AND n.nspname {SYSTEM} AND {free("pg_class", "i.indrelid")}"""
FUNCTIONS: Final = f"""
    SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
           CASE WHEN p.prokind = 'a' THEN pg_get_function_result(p.oid) ELSE pg_get_functiondef(p.oid) END
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname {SYSTEM} AND {free("pg_proc", "p.oid")}
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                      AND d.deptype = 'i')"""
TRIGGERS: Final = f"""
    SELECT format('trigger %I of %I.%I', t.tgname, n.nspname, c.relname),
           concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND n.nspname {SYSTEM} AND {free("pg_class", "c.oid")}"""
POLICIES: Final = f"""
    SELECT format('policy %I of %I.%I', p.polname, n.nspname, c.relname),
           concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                     pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname {SYSTEM}"""
RULES: Final = f"""
    SELECT format('rule %I of %I.%I', r.rulename, n.nspname, c.relname), pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND n.nspname {SYSTEM}"""
TYPES: Final = f"""
    SELECT format('type %I.%I', n.nspname, t.typname),
           concat_ws(' ', t.typtype, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
             t.typnotnull, t.typdefault,
             (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
              FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r') AND n.nspname {SYSTEM} AND {free("pg_type", "t.oid")}"""
STATISTICS: Final = f"""
    SELECT format('statistics %I.%I', n.nspname, s.stxname), pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE n.nspname {SYSTEM}"""

EXPRESSIONS: Final = (RELATIONS, CONSTRAINTS, INDEXES, TRIGGERS, POLICIES, RULES, TYPES)
"""Their definitions hold expressions, which a server does not write the same way each time."""
OBJECTS: Final = (SCHEMAS, *EXPRESSIONS, FUNCTIONS, STATISTICS)

_GRANTS: Final = """
    (SELECT string_agg(format('%s:%s%s by %s', coalesce(g.rolname, 'PUBLIC'), x.privilege_type,
                              CASE WHEN x.is_grantable THEN '*' ELSE '' END, o.rolname), ', '
                       ORDER BY g.rolname, x.privilege_type, o.rolname)
     FROM aclexplode({acl}) x LEFT JOIN pg_roles g ON g.oid = x.grantee LEFT JOIN pg_roles o ON o.oid = x.grantor)"""


def _owned(name: str, owner: str, acl: str, kind: str, source: str) -> str:
    whole = _GRANTS.format(acl=f"coalesce({acl}, acldefault({kind}, {owner}))")
    return f"SELECT {name}, concat_ws(' ', pg_get_userbyid({owner}), {whole}) FROM {source}"


OWNERS: Final = (
    _owned(
        "format('schema %I', n.nspname)",
        "n.nspowner",
        "n.nspacl",
        "'n'",
        f"pg_namespace n WHERE n.nspname {SYSTEM} AND {free('pg_namespace', 'n.oid')}",
    ),
    _owned(
        "format('relation %I.%I', n.nspname, c.relname)",
        "c.relowner",
        "c.relacl",
        "CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"",
        "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
        f" AND c.relpersistence <> 't' AND n.nspname {SYSTEM} AND {free('pg_class', 'c.oid')}",
    ),
    _owned(
        "format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))",
        "p.proowner",
        "p.proacl",
        "'f'",
        "pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE n.nspname {SYSTEM} AND {free('pg_proc', 'p.oid')}",
    ),
    "SELECT format('column %I.%I.%I', n.nspname, c.relname, a.attname),"
    + _GRANTS.format(acl="a.attacl")
    + " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE a.attacl IS NOT NULL AND n.nspname {SYSTEM} AND {free('pg_class', 'c.oid')}",
)
# Who is pinned, as the first superuser is, is not in pg_shdepend.
ROLES: Final = f"""
    SELECT DISTINCT r.rolname FROM pg_roles r
    WHERE r.rolname !~ '^pg_' AND (
      EXISTS (SELECT FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
                AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
      OR r.oid IN (SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname {SYSTEM})
      OR r.oid IN (SELECT x.grantee FROM pg_class c, aclexplode(c.relacl) x)
      OR r.oid IN (SELECT p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                   WHERE n.nspname {SYSTEM})
      OR r.oid IN (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname {SYSTEM}))
    ORDER BY 1"""
EXTENSIONS: Final = "SELECT extname, extversion FROM pg_extension WHERE extname <> 'plpgsql'"
