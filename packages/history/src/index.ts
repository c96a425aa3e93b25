export {
  checkHistory,
  type HistoryVerdict,
  type ReadRecord,
  type SendOutcome,
  type SentRecord,
  type Violation,
  type ViolationKind,
} from './check-history.ts';
