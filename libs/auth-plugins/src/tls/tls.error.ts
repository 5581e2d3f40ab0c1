const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/;

/** Whether a connection failed at TLS (another CA, another name) rather than at the network: operators mend the two in different places. */
export const isTlsError = (error: unknown): boolean => TLS_CODE.test(String((error as { code?: unknown } | null | undefined)?.code));
