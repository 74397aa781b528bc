// What this package needs from the Node platform; `#platform` picks this file or its twin.
export {};
