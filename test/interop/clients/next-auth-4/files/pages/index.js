import { getServerSession } from 'next-auth/next';
import { authOptions } from './api/auth/[...nextauth]';

export async function getServerSideProps({ req, res }) {
  return { props: { session: await getServerSession(req, res, authOptions) } };
}

export default function Home({ session }) {
  return <pre id="session">{JSON.stringify(session?.user ?? null)}</pre>;
}
