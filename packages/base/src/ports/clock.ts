/** Time, as the process sees it. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin, with a fraction. All deadlines and leases use this. */
  nowMs(): number;
  /** Unix time in whole milliseconds. May jump; only for timestamps of records and for people. */
  wallMs(): number;
}
