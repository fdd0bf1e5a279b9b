import { MAIL_FRAME, type Sample } from '../../browser/page-samples.ts';

const LINK = 'https://id.example.com/reset/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
const MAIL = {
  zone: 'Europe/London',
  to: 'alice@example.com',
  subject: 'Choose a new password',
  at: 1_795_780_800,
};

export const samples: Readonly<Record<string, Sample>> = {
  inbox: [
    'inbox',
    {
      mails: [
        { ...MAIL, path: '/dev/mail/1' },
        {
          ...MAIL,
          path: '/dev/mail/2',
          to: 'a-person-with-a-very-long-name@a-very-long-host.department.example.com',
          subject:
            'A subject that is as long as the translator wanted it to be, and perhaps a bit longer than that',
          at: 1_795_780_740,
        },
      ],
    },
  ],
  'inbox-empty': ['inbox', { mails: [] }],
  mail: [
    'mail',
    {
      ...MAIL,
      text: `Choose a new password\n\nChoose password:\n${LINK}\n\n-- \nThis message was sent automatically.\n`,
      links: [LINK],
      frame: MAIL_FRAME,
    },
  ],
};
