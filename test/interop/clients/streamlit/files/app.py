import streamlit as st

if not st.user.is_logged_in:
    if st.button('Log in'):
        st.login()
    st.stop()

st.text(f'Hello, {st.user.name} <{st.user.email}>')
if st.button('Log out'):
    st.logout()
