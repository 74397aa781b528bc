// What this package needs from the browser platform; `#platform` picks this file or its twin.
export {};
