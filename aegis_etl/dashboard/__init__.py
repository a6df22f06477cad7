"""The dashboard: five tabs on the published marts, served by Streamlit (extra ``dashboard``)."""
