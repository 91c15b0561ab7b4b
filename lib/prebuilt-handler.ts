import { fileURLToPath } from "node:url";

/** The controller's code as the package ships it, so that nobody needs a bundler: made by `npm run build`. */
export const PREBUILT_HANDLER = fileURLToPath(new URL("../dist/handler/index.mjs", import.meta.url));
