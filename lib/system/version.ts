/** Of this product: agents and commands have the same. */
export const PHA_VERSION = '0.1.0';
