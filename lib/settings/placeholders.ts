import type { Settings } from "../core/settings.ts";

/** Domains that belong to nobody (RFC 2606), and the sender that the predecessor's sample settings have. */
const RESERVED =
  /@([^@]+\.)?(example\.(com|net|org)|[^@.]+\.(example|invalid|test|localhost))$|^airflow@airflow\.com$/i;

/** The addresses that can only be an example's, each in a phrase. */
export const placeholders = ({ alerts }: Settings): readonly string[] => [
  ...(RESERVED.test(alerts.from) ? [`alerts.from is ${alerts.from}`] : []),
  ...alerts.to.filter((one) => RESERVED.test(one)).map((one) => `alerts.to has ${one}`),
];
