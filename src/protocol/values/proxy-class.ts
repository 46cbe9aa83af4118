/** The classes of proxies that an operator's pool can have. */
export const proxyClasses = ['residential', 'datacenter', 'mobile'] as const;
export type ProxyClass = (typeof proxyClasses)[number];
