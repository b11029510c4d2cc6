"use strict";
// Headers (x-hasura-admin-secret, Authorization) are typed into the header editor and are not kept when the page closes.
const fetcher = GraphiQL.createFetcher({ url: location.pathname });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    defaultHeaders: '{\n  "x-hasura-admin-secret": ""\n}',
    defaultQuery: "# Ctrl-Enter runs the operation under the cursor.\n\n{\n  __typename\n}\n",
  }),
);
