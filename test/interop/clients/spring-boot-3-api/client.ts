import { springBootApi } from '../../support/spring-boot.ts';

export const client = springBootApi({
  name: 'spring-boot-3-api',
  version: 'Spring Boot 3',
  typeRefusal: 'JOSE header typ (type) at+jwt not allowed',
});
