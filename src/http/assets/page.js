"use strict";

const settings = JSON.parse(document.getElementById("settings").textContent);
const socket = new URL(settings.subscriptionPath, window.location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";

const fetcher = GraphiQL.createFetcher({ url: settings.url, subscriptionUrl: socket.href });

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: settings.tabs,
    defaultEditorToolsVisibility: "variables",
    shouldPersistHeaders: true,
    inputValueDeprecation: true,
  }),
);
