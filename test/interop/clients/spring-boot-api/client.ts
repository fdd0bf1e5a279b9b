import { springBootApi } from '../../support/spring-boot.ts';

export const client = springBootApi({
  name: 'spring-boot-api',
  version: 'Spring Boot 4',
  typeRefusal: 'the given typ value needs to be one of [JWT]',
});
