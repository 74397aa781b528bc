/**
 * What can be published and sent: null, booleans, finite numbers, strings, Uint8Array, arrays and plain objects of
 * these. Everything else is refused where it is handed in, with the path to it.
 */
import { decodeValue, encodeValue } from "@grapevine/protocol";
