import { errorNumber } from '@moldau/base';

/**
 * What is answered about ACLs: nobody would obey them. Tools know this code, and go on without; an API that is not advertised
 * would end them.
 */
export const NO_AUTHORIZER: { readonly errorCode: number; readonly errorMessage: string } = {
  errorCode: errorNumber('SECURITY_DISABLED'),
  errorMessage: 'No authorizer is configured: everybody may do everything, and no ACLs are kept.',
};
