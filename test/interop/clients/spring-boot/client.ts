import { springBootLogin } from '../../support/spring-boot.ts';

export const client = springBootLogin({ name: 'spring-boot', version: 'Spring Boot 4' });
