// Importing this file lets the process import the TypeScript of every package as it stands, with no build: tsx strips
// the types, and the `@grapevine/source` condition makes `@grapevine/...` and `#platform` mean files in src/. It is done
// in this process rather than a child, so that a signal sent to a command reaches the command.
import { register } from "node:module";
import { register as registerTsx } from "tsx/esm/api";

registerTsx();
register(
  "data:text/javascript," +
    encodeURIComponent(
      `export const resolve = (specifier, context, next) =>
         next(specifier, { ...context, conditions: ["@grapevine/source", ...context.conditions] });`,
    ),
);
