// Where Chinook is served, and as whom; test_javascript.py says so in the environment.

export const rest = process.env.CLIENTS_REST;
export const graphql = process.env.CLIENTS_GRAPHQL;
export const token = process.env.CLIENTS_TOKEN;
export const headers = { Authorization: `Bearer ${token}` };

// A name that no other test of this database has.
export const fresh = (what) => `${what} ${process.pid} ${Date.now()}`;
