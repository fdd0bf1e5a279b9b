import { springBootLogin } from '../../support/spring-boot.ts';

export const client = springBootLogin({ name: 'spring-boot-3', version: 'Spring Boot 3' });
